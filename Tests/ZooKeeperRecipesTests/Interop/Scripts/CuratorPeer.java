// Takes part, as Curator's recipes do, in everything below /c that RecipeInteropTests has a Swift side of.
// usage: java CuratorPeer.java HOST:PORT
import java.util.*;
import java.util.concurrent.*;
import org.apache.curator.framework.*;
import org.apache.curator.framework.recipes.atomic.*;
import org.apache.curator.framework.recipes.barriers.*;
import org.apache.curator.framework.recipes.leader.*;
import org.apache.curator.framework.recipes.locks.*;
import org.apache.curator.framework.recipes.nodes.*;
import org.apache.curator.framework.recipes.queue.*;
import org.apache.curator.framework.recipes.shared.*;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;

public class CuratorPeer {
    interface Part { void run() throws Exception; }

    static CuratorFramework client;

    public static void main(String[] arguments) throws Exception {
        client = CuratorFrameworkFactory.newClient(arguments[0], 30000, 20000, new RetryNTimes(5, 100));
        client.start();
        client.create().creatingParentsIfNeeded().withMode(CreateMode.EPHEMERAL).forPath("/peers/java");
        waitFor("/go", true);
        Map<String, Part> parts = new LinkedHashMap<>();
        parts.put("lock", CuratorPeer::lock);
        parts.put("read-write", CuratorPeer::readWrite);
        parts.put("semaphore", CuratorPeer::semaphore);
        parts.put("latch", CuratorPeer::latch);
        parts.put("selector", CuratorPeer::selector);
        parts.put("counters", CuratorPeer::counters);
        parts.put("queue", CuratorPeer::queue);
        parts.put("barrier", CuratorPeer::barrier);
        parts.put("double barrier", CuratorPeer::doubleBarrier);
        parts.put("group", CuratorPeer::group);
        ExecutorService threads = Executors.newCachedThreadPool();
        Map<String, Future<?>> running = new LinkedHashMap<>();
        parts.forEach((name, part) -> running.put(name, threads.submit(() -> { part.run(); return null; })));
        int failures = 0;
        for (Map.Entry<String, Future<?>> part : running.entrySet()) {
            try {
                part.getValue().get(60, TimeUnit.SECONDS);
                System.out.println("done " + part.getKey());
            } catch (Exception problem) {
                failures++;
                System.out.println("failed " + part.getKey() + ": " + problem);
            }
        }
        client.close();
        System.exit(failures == 0 ? 0 : 1);
    }

    static void waitFor(String path, boolean exists) throws Exception {
        while ((client.checkExists().forPath(path) != null) != exists) Thread.sleep(20);
    }

    /** Adds one, without a version: lost if anybody else does the same at the same time. */
    static void addOne(String path) throws Exception {
        int value = Integer.parseInt(new String(client.getData().forPath(path)));
        client.setData().forPath(path, Integer.toString(value + 1).getBytes());
    }

    static void lock() throws Exception {
        InterProcessMutex mutex = new InterProcessMutex(client, "/c/lock");
        for (int round = 0; round < 12; round++) {
            mutex.acquire();
            addOne("/values/lock");
            mutex.release();
        }
    }

    static void readWrite() throws Exception {
        InterProcessReadWriteLock lock = new InterProcessReadWriteLock(client, "/c/rw");
        for (int round = 0; round < 6; round++) {
            lock.writeLock().acquire();
            addOne("/values/rw");
            lock.writeLock().release();
            lock.readLock().acquire();
            String before = new String(client.getData().forPath("/values/rw"));
            Thread.sleep(5);
            String after = new String(client.getData().forPath("/values/rw"));
            lock.readLock().release();
            if (!before.equals(after)) throw new IllegalStateException("written while it was read");
        }
    }

    static void semaphore() throws Exception {
        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, "/c/semaphore", 2);
        for (int round = 0; round < 6; round++) {
            Lease lease = semaphore.acquire();
            String inside = client.create().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/values/inside-c/x");
            int count = client.getChildren().forPath("/values/inside-c").size();
            Thread.sleep(5);
            client.delete().forPath(inside);
            semaphore.returnLease(lease);
            if (count > 2) throw new IllegalStateException(count + " leases");
        }
    }

    static void latch() throws Exception {
        for (int round = 0; round < 4; round++) {
            LeaderLatch latch = new LeaderLatch(client, "/c/latch", "java");
            latch.start();
            latch.await();
            addOne("/values/latch");
            if (!latch.getLeader().getId().equals("java")) throw new IllegalStateException("somebody else leads");
            latch.close();
        }
    }

    static void selector() throws Exception {
        CountDownLatch terms = new CountDownLatch(3);
        LeaderSelector selector = new LeaderSelector(client, "/c/selector", new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) throws Exception {
                if (terms.getCount() > 0) addOne("/values/selector");
                terms.countDown();
            }
        });
        selector.setId("java");
        selector.autoRequeue();
        selector.start();
        terms.await();
        selector.close();
    }

    static void counters() throws Exception {
        DistributedAtomicLong number = new DistributedAtomicLong(client, "/c/long", new RetryNTimes(1000, 1));
        for (int round = 0; round < 10; round++) {
            if (!number.increment().succeeded()) throw new IllegalStateException("not incremented");
        }
        SharedCount count = new SharedCount(client, "/c/int", 0);
        count.start();
        for (int round = 0; round < 10;) {
            VersionedValue<Integer> value = count.getVersionedValue();
            if (count.trySetCount(value, value.getValue() + 1)) round++;
        }
        count.close();
    }

    static void queue() throws Exception {
        SimpleDistributedQueue out = new SimpleDistributedQueue(client, "/c/to-swift");
        SimpleDistributedQueue in = new SimpleDistributedQueue(client, "/c/from-swift");
        for (int round = 0; round < 5; round++) out.offer(("java " + round).getBytes());
        for (int round = 0; round < 5; round++) {
            String entry = new String(in.take());
            if (!entry.equals("swift " + round)) throw new IllegalStateException(entry);
        }
    }

    static void barrier() throws Exception {
        new DistributedBarrier(client, "/c/barrier").waitOnBarrier();
        addOne("/values/barrier-c");
    }

    static void doubleBarrier() throws Exception {
        DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, "/c/double", 2);
        barrier.enter();
        client.create().forPath("/values/java-inside");
        waitFor("/values/swift-inside-c", true);
        barrier.leave();
    }

    static void group() throws Exception {
        GroupMember member = new GroupMember(client, "/c/group", "java", "coffee".getBytes());
        member.start();
        while (true) {
            byte[] data = member.getCurrentMembers().get("swift");
            if (data != null && new String(data).equals("bird")) break;
            Thread.sleep(20);
        }
        client.create().forPath("/values/java-saw-swift");
        waitFor("/values/swift-saw-java", true);
        member.close();
    }
}
