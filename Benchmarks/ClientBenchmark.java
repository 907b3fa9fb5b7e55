import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.zookeeper.*;

/** One session of Apache's client under load: port, get or set, requests in flight, seconds. Prints operations a second. */
public class ClientBenchmark {
    public static void main(String[] words) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper("127.0.0.1:" + words[0], 30000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
        });
        connected.await();
        String path = "/bench-java";
        if (client.exists(path, false) == null)
            client.create(path, new byte[100], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        boolean isSet = words[1].equals("set");
        int inFlight = Integer.parseInt(words[2]);
        double seconds = Double.parseDouble(words[3]);
        // The JVM gets more time to warm up than the others.
        for (int round = 0; round < 4; round++) load(client, path, isSet, inFlight, seconds);
        System.out.println(load(client, path, isSet, inFlight, seconds));
        client.close();
    }

    static long load(ZooKeeper client, String path, boolean isSet, int inFlight, double seconds) throws Exception {
        byte[] data = new byte[100];
        long began = System.nanoTime(), end = began + (long) (seconds * 1e9);
        long count = 0;
        if (inFlight == 1) {
            do {
                if (isSet) client.setData(path, data, -1); else client.getData(path, false, null);
                count++;
            } while (System.nanoTime() < end);
        } else {
            AtomicLong answered = new AtomicLong();
            CountDownLatch ended = new CountDownLatch(inFlight);
            Runnable[] next = new Runnable[1];
            AsyncCallback.StatCallback set = (code, p, context, stat) -> {
                if (code != 0) throw new IllegalStateException("code " + code);
                answered.incrementAndGet(); next[0].run();
            };
            AsyncCallback.DataCallback get = (code, p, context, bytes, stat) -> {
                if (code != 0) throw new IllegalStateException("code " + code);
                answered.incrementAndGet(); next[0].run();
            };
            next[0] = () -> {
                if (System.nanoTime() >= end) ended.countDown();
                else if (isSet) client.setData(path, data, -1, set, null);
                else client.getData(path, false, get, null);
            };
            for (int number = 0; number < inFlight; number++) next[0].run();
            ended.await();
            count = answered.get();
        }
        return (long) (count / ((System.nanoTime() - began) / 1e9));
    }
}
