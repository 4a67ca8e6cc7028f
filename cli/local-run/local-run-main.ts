import { moveHere } from './move-here.ts';

/* The process that moves one file. It ends with the exit codes of the program. */
process.exitCode = await moveHere({ args: process.argv.slice(2), env: process.env });
