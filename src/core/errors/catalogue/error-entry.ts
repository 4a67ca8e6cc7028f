/**
 * What the software can do about an error: `retry` means that the same request may pass later, `renew`
 * that a URL, a chunk or a session must be obtained again first, `fail` that only an operator can help.
 */
export type Disposition = 'retry' | 'renew' | 'fail';

/** How far an error reaches: one call, one chunk, one session, all calls to one origin, or the transfer. */
export type Scope = 'call' | 'chunk' | 'session' | 'service' | 'transfer';

/** Who answered, or failed to: the service's API, the upload host, or S3. */
export type ErrorOrigin = 'service' | 'storage' | 'source';

export interface ErrorEntry {
  readonly scope: Scope;
  readonly disposition: Disposition;
  /** What an operator of the stack does. */
  readonly nextStep: string;
  /** What the user of a local run does. Default: `nextStep`. */
  readonly localNextStep?: string;
}

/** Where a transfer runs. Each runtime has its own words and settings. */
export type Runtime = 'stack' | 'local';

/** What all errors that end a transfer have in common. */
export const ends = { scope: 'transfer', disposition: 'fail' } as const;

export const startAgain =
  'Start a new execution with the same input. It continues from the stored chunks.';

export const runAgain = 'Run the same command again. It continues from the stored chunks.';

export const checkDisk = `Check the disk that stores the proofs, or the table of --table. ${runAgain}`;
