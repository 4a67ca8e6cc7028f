import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { TransferError } from '#src/core/errors/transfer-error.ts';

/** A Node process of the bench. It serves one request at a time. */
export interface WorkerProcess {
  /** @throws UnexpectedError - the request failed or the process ended, with its own message */
  request<Answer>(request: unknown): Promise<Answer>;
  /** Ends the process and waits for its exit. */
  end(): Promise<void>;
}

type Reply = { readonly answer: unknown } | { readonly failure: string };

/** Characters of a process's stderr that are kept to explain an early end. */
const stderrTailLength = 2_000;

/** Starts a file of the bench as a process. Its output is not shown. */
export function startProcess(
  file: URL,
  environment: Readonly<Record<string, string>> = {},
): WorkerProcess {
  const child = fork(file, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const name = basename(file.pathname);
  let stderrTail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-stderrTailLength);
  });
  return {
    request: <Answer>(body: unknown) => sendRequest<Answer>(child, body, name, () => stderrTail),
    async end() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function sendRequest<Answer>(
  child: ChildProcess,
  body: unknown,
  name: string,
  stderrTail: () => string,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onExit = () =>
    reject(
      new TransferError('UnexpectedError', `${name} ended early: ${errorLineOf(stderrTail())}`),
    );
  const onReply = (reply: Reply) => {
    if ('answer' in reply) return resolve(reply.answer as Answer);
    reject(new TransferError('UnexpectedError', `${name}: ${reply.failure}`));
  };
  child.once('exit', onExit).once('message', onReply);
  child.send(body as object);
  return promise.finally(() => child.off('exit', onExit).off('message', onReply));
}

/** Returns the line of Node's output that names the error; otherwise the last line. */
function errorLineOf(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.at(-1) ?? '';
}

/** Serves the requests of the parent process. Ends this process when the parent disconnects. */
export function serveRequests<Request>(handle: (request: Request) => Promise<unknown>): void {
  const send = (reply: Reply) => void process.send?.(reply);
  process.on('message', (request: Request) => {
    handle(request).then(
      (answer) => send({ answer: answer ?? null }),
      (error: unknown) => send({ failure: failureText(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

/** Returns the error's name and message; with `CHUNKFERRY_DEBUG`, its stack trace. */
function failureText(error: unknown): string {
  const isDebugged = process.env.CHUNKFERRY_DEBUG && error instanceof Error;
  return (isDebugged && error.stack) || String(error).replace(/^UnexpectedError: /, '');
}
