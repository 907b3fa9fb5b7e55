import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import paddock.junit.Ensemble;
import paddock.junit.ZooKeeperEnsemble;

@ZooKeeperEnsemble(participants = 3)
class LeaderTest {
    @Test
    void whatWasWrittenSurvivesTheLeader(Ensemble ensemble) throws Exception {
        ZooKeeper client = new ZooKeeper(ensemble.connectString(), 10_000, event -> {});
        client.create("/a", "text".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        ensemble.kill("leader");
        ensemble.awaitHealthy();
        while (client.getState() != ZooKeeper.States.CONNECTED) Thread.onSpinWait();
        assertEquals("text", new String(client.getData("/a", false, null)));
        client.close();
    }
}
