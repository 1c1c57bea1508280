import Glibc
import UsherLab

exit(UsherLabProgram.run(CommandLine.arguments))
