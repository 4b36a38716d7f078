package lakehouse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;

import io.delta.storage.HadoopFileSystemLogStore;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log on S3 for several drivers: a commit is a PUT with {@code If-None-Match: *}, so that the
 * store itself refuses the second writer of a version. Needs Hadoop 3.4.2 or newer; a client that
 * cannot write conditionally refuses the commit.
 */
public class ConditionalLogStore extends HadoopFileSystemLogStore {

    private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

    public ConditionalLogStore(Configuration hadoopConf) {
        super(hadoopConf);
    }

    @Override
    public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoopConf)
            throws IOException {
        FileSystem fs = path.getFileSystem(hadoopConf);
        // All of it first: closing a stream after an error would commit a part.
        byte[] content = read(actions);
        FSDataOutputStreamBuilder<?, ?> file = fs.createFile(path).recursive().overwrite(overwrite);
        if (!overwrite) {
            file.must(CONDITIONAL, true);
        }
        FSDataOutputStream out = file.build();
        out.write(content);
        try {
            out.close();
        } catch (FileAlreadyExistsException exists) {
            refuse(fs, path, content);
        } catch (IOException failed) {
            if (overwrite || !isRefused(failed)) {
                throw failed;
            }
            refuse(fs, path, content);
        }
    }

    @Override
    public Boolean isPartialWriteVisible(Path path, Configuration hadoopConf) {
        return false;
    }

    /** The commit was made by another writer, or by this one in a request whose answer was lost. */
    private static void refuse(FileSystem fs, Path path, byte[] content) throws IOException {
        byte[] stored = new byte[(int) fs.getFileStatus(path).getLen()];
        try (FSDataInputStream in = fs.open(path)) {
            in.readFully(0, stored);
        }
        if (!Arrays.equals(stored, content)) {
            throw new java.nio.file.FileAlreadyExistsException(path.toString());
        }
    }

    /** Whether the store answered 412 Precondition Failed. */
    private static boolean isRefused(Throwable failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause.getClass().getName().endsWith(".RemoteFileChangedException")) {
                return true;
            }
        }
        return false;
    }

    private static byte[] read(Iterator<String> actions) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        while (actions.hasNext()) {
            content.write((actions.next() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return content.toByteArray();
    }
}
