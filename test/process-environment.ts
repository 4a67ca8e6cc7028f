/** The variables that this process started with. */
const initial = { ...process.env };

/** Undoes every change of this process's environment, as in a process of the test file's own. */
export function restoreEnvironment(): void {
  for (const name of Object.keys(process.env)) if (!(name in initial)) delete process.env[name];
  Object.assign(process.env, initial);
}
