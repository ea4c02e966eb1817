// The JVM's resolver: java Lookup NAME. Prints as lookup.c does.
import java.net.InetAddress;
import java.net.UnknownHostException;

public final class Lookup {
  public static void main(String[] args) {
    try {
      for (InetAddress address : InetAddress.getAllByName(args[0])) {
        System.out.println("address " + address.getHostAddress());
      }
    } catch (UnknownHostException failure) {
      System.out.println("error UnknownHostException" + reason(failure.getMessage()));
      System.exit(1);
    }
  }

  // The JVM has one exception for all; what the C library said stands in its text alone.
  private static String reason(String text) {
    return text.contains("Temporary failure") ? "(temporary)" : "";
  }
}
