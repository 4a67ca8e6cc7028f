import type { WaitReason } from '#src/admission/admission.ts';
import { joinQueue } from '#src/admission/join-queue.ts';
import { acquireSlot } from '#src/admission/slots.ts';
import { canBeWaitedOut } from '#src/core/errors/retry-rules.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { OpenSessionAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { abortIfGivenUp } from '#src/step-support/abort-upload.ts';
import { countTransferRetry, retryCauseOf } from '#src/step-support/retry-counts.ts';
import type { Ending, Owned } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { outageAfterSuccess, remainingWait, waitOut } from '#src/step-support/wait-out.ts';
import { ensureSession, type SessionChoice } from './ensure-session.ts';
import {
  type EnteredTransfer,
  enterTransfer,
  type OpenSessionPostponed,
} from './enter-transfer.ts';
import { planUpload } from './plan-upload.ts';
import { countRangesAtOnce } from './ranges-at-once.ts';

type OpenPorts = Needs<'store' | 'queue' | 'destination' | 'executions' | 'events' | 'settings'>;

/** What OpenSession answers: an owned transfer with its plan, or the end of the execution. */
export type OpenSessionResult =
  | (Owned & {
      readonly ranges: readonly ChunkRange[];
      readonly rangesAtOnce: number;
      readonly next: Exclude<OpenSessionAnswer, 'ended'>;
      readonly waitSeconds: number;
    })
  | { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending };

/**
 * Takes the transfer on the first call, acquires a slot or joins the queue, finds or opens the upload
 * session, and plans the ranges of the chunks that have no proof.
 * @throws FencedOutError, TransferCancelledError, SessionsExhaustedError, RoundsExhaustedError,
 *   PlanTooLargeError, and the errors with which the destination rejects a session
 */
export async function openSession(
  ports: OpenPorts,
  state: unknown,
  invocation: Invocation,
): Promise<OpenSessionResult | OpenSessionPostponed> {
  const entered = await enterTransfer(ports, state, invocation);
  if ('next' in entered) return entered;
  if ('ending' in entered) return endWith(entered.ending);
  const { transfer, owned, isDispatched } = entered;
  const publish = () => publishStart(ports, transfer);
  const result = await acquireSlot(ports, transfer, isDispatched, publish);
  if (result.slot === 'none') return leaveWithoutSlot(ports, entered, result.because);
  const rest = remainingWait(ports, owned);
  if (rest) return waitWith(owned, rest);
  const held = { ...entered, transfer: result.transfer };
  return abortIfGivenUp(ports, owned, invocation, () => openWithSlot(ports, held, invocation));
}

/** How often a local run checks for a free slot, in seconds. */
const localWaitSeconds = 15;

/** Queues the transfer and ends the execution. A local run has no dispatcher, so it waits instead. */
async function leaveWithoutSlot(
  ports: OpenPorts,
  { transfer, owned }: EnteredTransfer,
  because: WaitReason,
): Promise<OpenSessionResult> {
  if (!ports.settings.isLocalRun) return endWith(await joinQueue(ports, transfer, because));
  const nextTry = new Date(ports.clock.now() + localWaitSeconds * 1000).toISOString();
  const { transferId } = transfer;
  ports.log.info('waiting for a slot', { transferId, because, nextTry });
  return waitWith(owned, { next: 'wait', waitSeconds: localWaitSeconds });
}

function endWith(ending: Ending): OpenSessionResult {
  return { next: 'ended', waitSeconds: 0, ending };
}

function waitWith(
  owned: Owned,
  wait: Partial<Owned> & { readonly next: 'wait'; readonly waitSeconds: number },
): OpenSessionResult {
  return { ...owned, ...wait, ranges: [], rangesAtOnce: 1 };
}

async function openWithSlot(
  ports: OpenPorts,
  { transfer, owned, isNewOwner }: EnteredTransfer,
  invocation: Invocation,
): Promise<OpenSessionResult> {
  try {
    const choice = await ensureSession(ports, transfer, owned, isNewOwner, invocation);
    return await continueWith(ports, transfer, stateAfter(owned, choice), choice, invocation);
  } catch (error) {
    if (!canBeWaitedOut(error)) throw error;
    const { transferId } = transfer;
    await countTransferRetry(ports, transferId, retryCauseOf(error));
    return waitWith(owned, waitOut(ports, owned, error, { transferId, step: 'OpenSession' }));
  }
}

/** A new session ends any outage. A usable session ends an outage of this step. */
function stateAfter(owned: Owned, choice: SessionChoice): Owned {
  const { number: sessionNumber, sessionsOpened, createsLost } = choice;
  const isOpened = sessionsOpened > owned.sessionsOpened;
  const isUsable = choice.next !== 'wait';
  const outage = isUsable ? outageAfterSuccess('OpenSession', owned.outage) : owned.outage;
  return {
    ...owned,
    sessionNumber,
    sessionsOpened,
    createsLost,
    outage: isOpened ? undefined : outage,
  };
}

async function continueWith(
  ports: OpenPorts,
  transfer: TransferRecord,
  owned: Owned,
  choice: SessionChoice,
  invocation: Invocation,
): Promise<OpenSessionResult> {
  if (choice.next === 'wait') return waitWith(owned, choice.wait);
  if (choice.next === 'confirm') return proceed(ports, owned, [], 1);
  const plan = await planUpload(ports, transfer, owned, choice.record, invocation);
  if (plan === 'new-execution') return continueInNewExecution(ports, transfer);
  const { ranges, ...planned } = plan;
  const atOnce = countRangesAtOnce(ports, planned.owned, choice.record.session, ranges);
  return proceed(ports, planned.owned, ranges, atOnce);
}

/** Ends the execution before its history is full or its time is up. The dispatcher starts another, which continues from the proofs. */
async function continueInNewExecution(
  ports: OpenPorts,
  transfer: TransferRecord,
): Promise<OpenSessionResult> {
  const because = 'the execution has no room for another round';
  ports.log.info('transfer continues in a new execution', {
    transferId: transfer.transferId,
    because,
  });
  return endWith(await joinQueue(ports, transfer, because));
}

function proceed(
  ports: OpenPorts,
  owned: Owned,
  ranges: readonly ChunkRange[],
  rangesAtOnce: number,
): OpenSessionResult {
  const next = ranges.length === 0 ? 'confirm' : 'send';
  return {
    ...owned,
    ranges,
    rangesAtOnce,
    polls: 0,
    phaseStartedAt: ports.clock.now(),
    next,
    waitSeconds: 0,
  };
}

/**
 * Publishes that the transfer started. A failure to publish is logged only: it must not fail the
 * transfer.
 */
async function publishStart(
  { events, meter, log, clock }: OpenPorts,
  { transferId, source, ingestNumber, owner }: TransferRecord,
): Promise<void> {
  meter.add('TransfersStarted', 1);
  const { bucket, key, versionId, etag, sizeBytes } = source;
  const detail = {
    status: 'started',
    transferId,
    execution: owner,
    bucket,
    key,
    versionId,
    etag,
    ingestNumber,
    bytes: sizeBytes,
  };
  try {
    await events.publish({ type: 'Transfer Started', detail, at: clock.now() });
  } catch (error) {
    if (!isTransferError(error)) throw error;
    const { name, message } = error;
    log.warn('start event not published', { transferId, error: name, reason: message });
  }
}
