import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.details.ServiceCacheListener;

/** The same with Curator. */
public class RegistryConsumer {
    public static void main(String[] arguments) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], new RetryNTimes(100, 100));
        client.start();
        ServiceDiscovery<Object> discovery =
                ServiceDiscoveryBuilder.builder(Object.class).client(client).basePath("/services").build();
        discovery.start();
        ServiceCache<Object> cache = discovery.serviceCacheBuilder().name("web").build();
        cache.addListener(new ServiceCacheListener() {
            @Override
            public void cacheChanged() {
                System.out.println(System.nanoTime() + " " + cache.getInstances().size());
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        });
        cache.start();
        System.out.println(System.nanoTime() + " " + cache.getInstances().size());
        Thread.sleep(Long.MAX_VALUE);
    }
}
