import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.VarSnippet;
import sun.misc.Signal;

/**
 * Runs cells of Java and tells the daemon what comes of them. A command is a line of words in base64: the cell, then names and values of
 * its variables. Commands come on descriptor 3, events go to 4.
 */
public class Kernel {
    private static byte[] mark;
    private static OutputStream events;
    private static final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private static final OutputStream err = new FileOutputStream(FileDescriptor.err);

    public static void main(String[] arguments) throws Exception {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        events = new FileOutputStream("/dev/fd/4");
        var commands = new BufferedReader(new InputStreamReader(new FileInputStream("/dev/fd/3"), StandardCharsets.US_ASCII));
        mark = ("\0\0" + commands.readLine() + "\0").getBytes(StandardCharsets.UTF_8);
        // In this machine itself: another one would cost 190 ms a cell.
        var shell = JShell.builder().executionEngine("local").out(System.out).err(System.err).build();
        for (var name : List.of("java.io.*", "java.math.*", "java.net.*", "java.nio.file.*", "java.util.*", "java.util.concurrent.*",
                "java.util.function.*", "java.util.regex.*", "java.util.stream.*"))
            shell.eval("import " + name + ";");
        var interrupted = new AtomicBoolean();
        Signal.handle(new Signal("INT"), signal -> {
            interrupted.set(true);
            shell.stop();
        });
        // Cells look for variables among the system properties, those of the sandbox too.
        System.getenv().forEach(System.getProperties()::putIfAbsent);
        send("{\"event\":\"ready\"}");
        for (var line = commands.readLine(); line != null; line = commands.readLine()) {
            var words = new ArrayList<String>();
            for (var word : line.split(" ", -1)) words.add(new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8));
            interrupted.set(false);
            var before = setProperties(words.subList(1, words.size()));
            try {
                run(shell, words.get(0), interrupted);
            } catch (Exception exception) {
                fail("KernelFault", String.valueOf(exception.getMessage()), exception.toString());
            }
            setProperties(before);
            end();
        }
        System.exit(0);
    }

    /** A Java program cannot change its environment: a cell finds its variables among the system properties. */
    private static List<String> setProperties(List<String> pairs) {
        var before = new ArrayList<String>();
        for (var index = 0; index + 1 < pairs.size(); index += 2) {
            before.add(pairs.get(index));
            before.add(System.getProperty(pairs.get(index)));
            if (pairs.get(index + 1) == null) System.clearProperty(pairs.get(index));
            else System.setProperty(pairs.get(index), pairs.get(index + 1));
        }
        return before;
    }

    private static void run(JShell shell, String code, AtomicBoolean interrupted) throws IOException {
        var rest = code;
        while (!rest.isBlank() && !interrupted.get()) {
            var part = shell.sourceCodeAnalysis().analyzeCompletion(rest);
            var complete = part.completeness();
            if (complete == SourceCodeAnalysis.Completeness.EMPTY) return;
            var source = part.source() == null ? rest : part.source();
            rest = part.remaining();
            for (var event : shell.eval(source)) if (!tell(shell, event, rest.isBlank(), interrupted)) return;
        }
        if (interrupted.get()) fail("Interrupted", "the cell was interrupted", "Interrupted");
    }

    /** False when the cell is over because of it. */
    private static boolean tell(JShell shell, SnippetEvent event, boolean last, AtomicBoolean interrupted) throws IOException {
        if (event.causeSnippet() != null) return true;
        if (interrupted.get()) {
            fail("Interrupted", "the cell was interrupted", "Interrupted");
            return false;
        }
        if (event.status() == Snippet.Status.REJECTED) {
            var messages = new ArrayList<String>();
            shell.diagnostics(event.snippet()).forEach((Diag diag) -> messages.add(diag.getMessage(Locale.ROOT)));
            var text = String.join("\n", messages);
            fail("CompilationError", text, event.snippet().source().strip() + "\n\n" + text);
            return false;
        }
        if (event.exception() != null) {
            failWith(event.exception());
            return false;
        }
        var isValue = event.snippet().subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND
                || event.snippet().subKind() == Snippet.SubKind.VAR_VALUE_SUBKIND
                || event.snippet().subKind() == Snippet.SubKind.OTHER_EXPRESSION_SUBKIND;
        if (last && isValue && event.value() != null && !event.value().isEmpty())
            send("{\"event\":\"result\",\"main\":true,\"data\":{\"text/plain\":" + quote(event.value()) + "}}");
        return true;
    }

    private static void failWith(JShellException exception) throws IOException {
        var name = exception instanceof EvalException thrown ? thrown.getExceptionClassName() : exception.getClass().getName();
        var simple = name.substring(name.lastIndexOf('.') + 1);
        var message = String.valueOf(exception.getMessage());
        var trace = new StringBuilder(name + ": " + message);
        for (var frame : exception.getStackTrace())
            if (!frame.getClassName().startsWith("jdk.") && !frame.getClassName().startsWith("java.lang.reflect"))
                trace.append("\n    at ").append(frame);
        fail(simple, message, trace.toString());
    }

    private static void fail(String name, String value, String traceback) throws IOException {
        send("{\"event\":\"error\",\"name\":" + quote(name) + ",\"value\":" + quote(value) + ",\"traceback\":" + quote(traceback) + "}");
    }

    /** Tells the daemon something that comes after all text so far. */
    private static void send(String event) throws IOException {
        System.out.flush();
        System.err.flush();
        out.write(mark);
        err.write(mark);
        events.write((event + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Tells the daemon that a cell is over. No text of it can follow, so that nothing need be marked. */
    private static void end() throws IOException {
        System.out.flush();
        System.err.flush();
        events.write("{\"event\":\"end\"}\n".getBytes(StandardCharsets.UTF_8));
    }

    private static String quote(String text) {
        var json = new StringBuilder("\"");
        for (var character : text.toCharArray()) {
            if (character == '"' || character == '\\') json.append('\\').append(character);
            else if (character < ' ' || Character.isSurrogate(character)) json.append(String.format("\\u%04x", (int) character));
            else json.append(character);
        }
        return json.append('"').toString();
    }
}
