import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/** Apache's client and Curator with JAAS sections. usage: SASLClient PORT; java.security.auth.login.config has the sections Client, Ann and Wrong. */
public class SASLClient {
    static String servers;

    /** The client, and the first states that it tells of. */
    static ZooKeeper connect(String section, KeeperState until) throws Exception {
        System.setProperty("zookeeper.sasl.clientconfig", section);
        CountDownLatch there = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(servers, 30000, event -> {
            if (event.getState() == until) there.countDown();
        });
        check(there.await(20, TimeUnit.SECONDS), section + " did not become " + until);
        return client;
    }

    static void check(boolean fact, String what) {
        if (!fact) {
            System.out.println(what);
            System.exit(1);
        }
    }

    static boolean isForbidden(ZooKeeper client, String path) throws Exception {
        try {
            client.getData(path, false, null);
            return false;
        } catch (KeeperException.NoAuthException e) {
            return true;
        }
    }

    public static void main(String[] arguments) throws Exception {
        servers = "127.0.0.1:" + arguments[0];
        List<ACL> ofBob = Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("sasl", "bob")));
        ZooKeeper bob = connect("Client", KeeperState.SaslAuthenticated);
        bob.create("/java", new byte[] {1}, ofBob, org.apache.zookeeper.CreateMode.PERSISTENT);
        check(bob.getACL("/java", null).equals(ofBob), "the ACL is another");
        check(!isForbidden(bob, "/java"), "bob may not read his own");
        check(bob.whoAmI().stream().anyMatch(c -> c.getAuthScheme().equals("sasl") && c.getUser().equals("bob")), "who am I? " + bob.whoAmI());

        ZooKeeper ann = connect("Ann", KeeperState.SaslAuthenticated);
        check(isForbidden(ann, "/java"), "ann may read what is bob's");
        ann.close();

        ZooKeeper wrong = connect("Wrong", KeeperState.AuthFailed);
        try {
            wrong.getData("/java", false, null);
            check(false, "with a wrong password it goes on");
        } catch (KeeperException.AuthFailedException | KeeperException.NoAuthException | KeeperException.ConnectionLossException e) {
            System.out.println(e.code());
        }
        wrong.close();

        System.setProperty("zookeeper.sasl.clientconfig", "Client");
        CuratorFramework curator = CuratorFrameworkFactory.newClient(servers, 30000, 20000, new RetryOneTime(100));
        curator.start();
        check(curator.blockUntilConnected(20, TimeUnit.SECONDS), "Curator does not connect");
        curator.create().withACL(ofBob).forPath("/java/curator", new byte[] {2});
        check(curator.getData().forPath("/java/curator")[0] == 2, "Curator may not read its own");
        curator.delete().deletingChildrenIfNeeded().forPath("/java");
        curator.close();
        bob.close();
        System.out.println("done");
        System.exit(0);
    }
}
