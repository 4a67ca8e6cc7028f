import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Returns the folder with the proofs of all local runs. As its specification says, a relative
 * `XDG_STATE_HOME` is ignored: from another folder, the same command would send a file again.
 */
export function defaultStateHome({ XDG_STATE_HOME = '' }: NodeJS.ProcessEnv): string {
  const home = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(home, 'chunkferry');
}
