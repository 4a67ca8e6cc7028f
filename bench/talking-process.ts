import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { TransferError } from '#src/core/errors/errors.ts';

/** A Node process of the bench that answers one question at a time. */
export interface TalkingProcess {
  /** @throws UnexpectedError - it failed or died, in its own words */
  ask<Answer>(question: unknown): Promise<Answer>;
  /** Lets it end, and waits until it has. */
  end(): Promise<void>;
}

type Reply = { readonly answer: unknown } | { readonly failure: string };

/** As much of a process's own words as is kept to explain its death. */
const stderrTail = 2_000;

/** Starts a file of the bench as a process of its own; what it prints is kept back. */
export function startProcess(
  file: URL,
  environment: Readonly<Record<string, string>> = {},
): TalkingProcess {
  const child = fork(file, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const name = basename(file.pathname);
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-stderrTail);
  });
  return {
    ask: <Answer>(question: unknown) => ask<Answer>(child, question, name, () => words),
    async end() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function ask<Answer>(
  child: ChildProcess,
  question: unknown,
  name: string,
  words: () => string,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const died = () =>
    reject(new TransferError('UnexpectedError', `${name} ended early. ${words().trim()}`));
  const heard = (reply: Reply) => {
    if ('answer' in reply) return resolve(reply.answer as Answer);
    reject(new TransferError('UnexpectedError', `${name}: ${reply.failure}`));
  };
  child.once('exit', died).once('message', heard);
  child.send(question as object);
  return promise.finally(() => child.off('exit', died).off('message', heard));
}

/** The other end: answers every question of the process that started this one, and ends with it. */
export function answerQuestions<Question>(handle: (question: Question) => Promise<unknown>): void {
  const send = (reply: Reply) => void process.send?.(reply);
  process.on('message', (question: Question) => {
    handle(question).then(
      (answer) => send({ answer: answer ?? null }),
      (error: unknown) =>
        send({ failure: (error instanceof Error && error.stack) || String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
