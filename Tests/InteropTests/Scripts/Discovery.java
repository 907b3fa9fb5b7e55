import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceType;
import org.apache.curator.x.discovery.UriSpec;

/**
 * The other side of a Swift program: real Curator. It registers, follows the service, and answers what the other side does. Prints
 * what it sees of "swift-1". Usage: Discovery CONNECT BASE
 */
public class Discovery {
    static ServiceCache<Object> cache;

    static ServiceInstance<Object> instance(String id, int port, ServiceType type) throws Exception {
        Map<String, Object> payload = new HashMap<>();
        payload.put("region", "eu");
        return ServiceInstance.<Object>builder().name("web").id(id).address("127.0.0.1").port(port).payload(payload)
                .serviceType(type).uriSpec(new UriSpec("{scheme}://{address}:{port}/java")).build();
    }

    static ServiceInstance<Object> other() {
        for (ServiceInstance<Object> instance : cache.getInstances()) if (instance.getId().equals("swift-1")) return instance;
        return null;
    }

    interface Condition {
        boolean holds(ServiceInstance<Object> other);
    }

    static ServiceInstance<Object> await(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.holds(other())) {
            if (System.nanoTime() > end) throw new IllegalStateException("not seen: " + what);
            Thread.sleep(5);
        }
        ServiceInstance<Object> other = other();
        System.out.println(what + (other == null ? "" : ": " + other.getAddress() + ":" + other.getPort() + " "
                + other.getServiceType() + " " + other.getPayload() + " " + other.buildUriSpec() + " " + other.isEnabled()));
        return other;
    }

    public static void main(String[] arguments) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], new RetryNTimes(100, 100));
        client.start();
        ServiceDiscovery<Object> discovery =
                ServiceDiscoveryBuilder.builder(Object.class).client(client).basePath(arguments[1]).build();
        discovery.start();
        cache = discovery.serviceCacheBuilder().name("web").build();
        cache.start();
        discovery.registerService(instance("java-1", 1001, ServiceType.DYNAMIC));
        discovery.registerService(instance("java-2", 1002, ServiceType.STATIC));
        await("registered", other -> other != null);
        await("changed", other -> other != null && other.getPort() == 2002);
        discovery.updateService(instance("java-1", 1003, ServiceType.DYNAMIC));
        await("drained", other -> other != null && !other.isEnabled());
        await("gone", other -> other == null);
        discovery.unregisterService(instance("java-1", 1003, ServiceType.DYNAMIC));
        cache.close();
        client.close();
    }
}
