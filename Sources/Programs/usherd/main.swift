import Glibc
import UsherDaemon

exit(await UsherDaemonProgram.run(CommandLine.arguments))
