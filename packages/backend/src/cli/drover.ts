import { printText } from './printText';
import { runDrover } from './runDrover';

process.exitCode = await runDrover(process.argv.slice(2), {
  print: (text) => printText(process.stdout, text),
  complain: (text) => printText(process.stderr, text),
});
// Whatever still hangs, such as a database that never answered, holds no process that has said all.
process.exit();
