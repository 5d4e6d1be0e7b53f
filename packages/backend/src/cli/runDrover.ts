import { Command, CommanderError } from 'commander';
import { type CommandOutput, EXIT_CODES, type ExitCode } from './CommandOutput';
import { createRecoverCommand } from './recover';

/**
 * Runs a command line of `drover`, without the name of the program. Answers its exit code: 0 when everything is in place, 1 when
 * something is left or does not answer, 2 for wrong arguments.
 */
export const runDrover = async (args: readonly string[], output: CommandOutput): Promise<ExitCode> => {
  let exitCode: ExitCode = EXIT_CODES.ok;
  const written: Promise<void>[] = [];
  const program = new Command('drover')
    .description('Looks after the tasks of an application. Configured by its environment, as its worker is.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.push(output.print(text)),
      writeErr: (text) => written.push(output.complain(text)),
    });
  const recover = createRecoverCommand(output, (code) => {
    exitCode = code;
  });
  program.addCommand(recover.copyInheritedSettings(program));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  } finally {
    await Promise.all(written);
  }
};
