/**
 * Why the program ended, with its exit code. `docs/program.md` lists them; a test compares. Scripts depend
 * on the numbers, so a number never changes its meaning.
 */
export const exitCodes = {
  /** It did what was asked. */
  done: 0,
  /** It ran to the end, and the result is negative: a transfer or a check failed. */
  failed: 1,
  /** The command line is wrong: an unknown command or option, or an invalid value. */
  usage: 2,
  /** The stack, the transfer, the file or the object does not exist. */
  notFound: 3,
  /** More than one transfer matches. */
  ambiguous: 4,
  /** No credentials, or AWS or the service rejected them. */
  credentials: 5,
  /** A permission is missing. */
  denied: 6,
  /** A file or the disk of this computer: not readable, not writable, full. */
  disk: 7,
  /** Another run works on the same content. */
  busy: 8,
  /** The stack, the table or Node.js has a version that the program does not work with. */
  version: 9,
  /** AWS, the service or the network did not answer, after repeated tries. */
  unavailable: 10,
  /** A question was not answered with yes. */
  declined: 11,
  /** A bug in Chunkferry. */
  bug: 70,
  /** The signal SIGHUP ended the program. */
  hangup: 129,
  /** Ctrl-C (SIGINT) ended the program. */
  interrupted: 130,
  /** The signal SIGTERM ended the program. */
  terminated: 143,
} as const;

/** The name of an exit code. */
export type Ending = keyof typeof exitCodes;
