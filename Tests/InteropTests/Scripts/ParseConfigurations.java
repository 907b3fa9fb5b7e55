import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** Reads each file of a list as Apache's server does at its start, and prints `ok`, or why it is refused, a line each. */
public class ParseConfigurations {
    public static void main(String[] arguments) throws Exception {
        for (String file : Files.readAllLines(Path.of(arguments[0]))) {
            // Keys that the parser does not know become properties, and two that it knows are static: they would outlive the file.
            for (String key : new ArrayList<>(System.getProperties().stringPropertyNames())) {
                if (key.startsWith("zookeeper.")) System.clearProperty(key);
            }
            QuorumPeerConfig.setStandaloneEnabled(true);
            QuorumPeerConfig.setReconfigEnabled(false);
            String answer = "ok";
            try {
                new QuorumPeerConfig().parse(file);
            } catch (Throwable thrown) {
                Throwable cause = thrown;
                while (cause.getCause() != null) cause = cause.getCause();
                answer = cause.toString();
            }
            System.out.println(answer.replace('\n', ' ').replace('\r', ' '));
        }
    }
}
