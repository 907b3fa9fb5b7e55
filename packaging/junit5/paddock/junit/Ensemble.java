package paddock.junit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A ZooKeeper ensemble on free ports of this machine, until it is closed. It is gone with its data then, and also when this JVM is killed.
 *
 * <p>Servers are named by id, or by {@code leader}, {@code followers}, {@code observers}, {@code all}. What would leave no quorum is refused with
 * an {@link IllegalStateException} unless {@code --force} is among the words. The program is {@code paddock} of the PATH, or what the property
 * {@code paddock.binary} or the variable {@code PADDOCK_BINARY} names.
 */
public final class Ensemble implements AutoCloseable {
    // It says who it is and waits for the end of its input, which comes with the end of this JVM.
    private static final String HOLD = "printf '%s\\n%s\\n' \"$PADDOCK_ENSEMBLE\" \"$ZOOKEEPER_CONNECT\"; exec cat >/dev/null";
    private static final int PORTS_ARE_TAKEN = 75;
    private static final long PATIENCE_SECONDS = 60;

    private final Path directory;
    private final Process process;
    private final String name;
    private final String connectString;

    private Ensemble(Path directory, Process process, String name, String connectString) {
        this.directory = directory;
        this.process = process;
        this.name = name;
        this.connectString = connectString;
    }

    /** Boots an ensemble and waits until it is ready; {@code settings} are lines of a zoo.cfg, such as {@code tickTime=200}. */
    public static Ensemble boot(int participants, int observers, String... settings) {
        StringBuilder topology = new StringBuilder("ensemble: test\nparticipants: " + participants + "\n");
        if (observers > 0) {
            topology.append("observers: ").append(observers).append('\n');
        }
        if (settings.length > 0) {
            topology.append("settings:\n");
            for (String setting : settings) {
                String[] parts = setting.split("=", 2);
                topology.append("  ").append(parts[0]).append(": \"").append(parts[1].replace("\\", "\\\\").replace("\"", "\\\"")).append("\"\n");
            }
        }
        return boot(topology.toString());
    }

    /** Boots what a topology says, on free ports and under a name of its own. */
    public static Ensemble boot(String topology) {
        try {
            // Two that look for free ports at the same time may find the same ones.
            for (int attempt = 0; ; attempt++) {
                Path directory = Files.createTempDirectory("paddock-");
                Path file = Files.writeString(directory.resolve("topology.yaml"), topology);
                ProcessBuilder builder = new ProcessBuilder(program(), "run", file.toString(), "--quiet", "--", "sh", "-c", HOLD);
                prepare(builder, directory);
                builder.redirectError(directory.resolve("errors").toFile());
                Process process = builder.start();
                Timer timer = new Timer(true);
                timer.schedule(new TimerTask() {
                    @Override
                    public void run() {
                        process.destroy();
                    }
                }, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
                BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                String name = reader.readLine();
                String connectString = reader.readLine();
                timer.cancel();
                if (connectString != null) {
                    return new Ensemble(directory, process, name, connectString);
                }
                int status = wait(process);
                String errors = Files.readString(directory.resolve("errors"));
                remove(directory);
                if (status != PORTS_ARE_TAKEN || attempt == 2) {
                    throw new IllegalStateException("the ensemble does not start: " + errors.strip());
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** HOST:PORT of each server, with commas: what clients take. */
    public String connectString() {
        return connectString;
    }

    /** The id of who leads now; nobody during an election. */
    public OptionalInt leader() {
        Matcher matcher = Pattern.compile("\"leader\" : (\\d+)").matcher(run("status", "--json"));
        return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
    }

    /** Kills servers as a crash would; they are started again at once. */
    public void kill(String... servers) {
        act("kill", servers);
    }

    /** Stops processes with SIGSTOP: they keep their connections and say nothing more. */
    public void pause(String... servers) {
        act("pause", servers);
    }

    /** Lets paused servers go on, and returns when they serve. */
    public void resume(String... servers) {
        act("resume", servers);
    }

    /** Stops servers in an orderly way, until {@link #start}. */
    public void stop(String... servers) {
        act("stop", servers);
    }

    /** Starts what was stopped, and returns when it serves. */
    public void start(String... servers) {
        act("start", servers);
    }

    /** Restarts every server, one after the other, the leader last. */
    public void rollingRestart() {
        act("rolling-restart");
    }

    /** Waits until every server is in its place. */
    public void awaitHealthy() {
        act("wait", "--timeout", PATIENCE_SECONDS + "s");
    }

    /** The last lines of all servers' logs, in the order of time. */
    public String logs() {
        return run("logs", "--lines", "100");
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            wait(process);
            remove(directory);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private void act(String action, String... words) {
        List<String> all = new ArrayList<>(List.of(action));
        all.addAll(Arrays.asList(words));
        run(all.toArray(new String[0]));
    }

    /** What a command of paddock prints. status and its like say with their exit code how the ensemble is, and that is an answer. */
    private String run(String... words) {
        try {
            List<String> command = new ArrayList<>(List.of(program()));
            command.addAll(Arrays.asList(words));
            command.addAll(List.of("--ensemble", name));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            prepare(builder, directory);
            Process child = builder.start();
            child.getOutputStream().close();
            String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = wait(child);
            if (status != 0 && !words[0].equals("status")) {
                throw new IllegalStateException("paddock " + words[0] + ": " + output.strip());
            }
            return output;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String program() {
        String named = System.getProperty("paddock.binary", System.getenv("PADDOCK_BINARY"));
        return named == null || named.isEmpty() ? "paddock" : named;
    }

    private static void prepare(ProcessBuilder builder, Path directory) {
        Map<String, String> environment = builder.environment();
        environment.remove("PADDOCK_ENSEMBLE");
        environment.put("PADDOCK_HOME", directory.toString());
        environment.put("NO_COLOR", "1");
    }

    private static int wait(Process process) {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                    }
                    return process.waitFor();
                } catch (InterruptedException error) {
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        }
    }
}
