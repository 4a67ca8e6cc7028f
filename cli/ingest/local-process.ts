import { useFailureCodes } from '#local/commands/command-line.ts';
import { describeError } from '../describe-error.ts';
import { exitCodes } from '../exit-codes.ts';

/*
 * The process that moves one file. A process holds one local run at a time: the SDK reads its environment. It ends
 * with the exit codes of the program.
 */
useFailureCodes((error) => exitCodes[describeError(error, 'local').ending]);
const { command } = await import('#local/commands/ingest-command.ts');
await command.parseAsync();
