/** Keeps stacks short until the returned function is called: runs with faults create thousands of errors. */
export function shortStacks(): () => void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
}
