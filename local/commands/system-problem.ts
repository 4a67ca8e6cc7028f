import { tmpdir } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Describes an error of the operating system, with the path. Returns undefined for any other error. */
export function systemProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, path, syscall } = error as NodeJS.ErrnoException;
  // The error format of LevelDB, which stores the proofs.
  const [, file, reason] = /^IO error: (.+?): (.+)$/.exec(error.message) ?? [];
  if (file) return `${file}: ${reason}`;
  const [, description] = getSystemErrorMap().get(errno ?? 0) ?? [];
  if (code === undefined || description === undefined || 'address' in error) return undefined;
  // A failed write does not name its file. Commands write only to these two folders.
  const written = `a file in ${tmpdir()} or in the folder of the proofs`;
  const where = path ?? (syscall === 'uv_cwd' ? 'the current folder' : written);
  return `${where}: ${description} (${code})`;
}
