import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import type { UsableSession } from './ownership.ts';
import type { Invocation, Needs } from './step.ts';

/**
 * Rejects a session whose completion was requested by an earlier call that recorded no result: it crashed,
 * or the reply was lost. The status of the session cannot show whether the asset exists.
 * @throws CompletionUnknownError
 */
export function assertFinishUnclaimed({ finishClaim, session, number }: UsableSession): void {
  if (finishClaim === undefined || session.assetId) return;
  throw finishClaimedError(number);
}

function finishClaimedError(number: number): TransferError {
  return new TransferError(
    'CompletionUnknownError',
    `The completion of session ${number} was requested, and its result is not recorded. A repeated completion may make a second file, so it was not repeated.`,
  );
}

/**
 * Requests a completion that must not be repeated. Claims it in the session's row first: a call that crashes
 * leaves the claim. Only an error of a request without effect releases it.
 * @throws CompletionUnknownError - another call has claimed it
 */
export async function finishClaimed(
  { store }: Needs<'store'>,
  { transferId, number }: { readonly transferId: string; readonly number: number },
  { invocationId }: Pick<Invocation, 'invocationId'>,
  finish: () => Promise<UploadSession>,
): Promise<UploadSession> {
  if (!(await store.claimFinish(transferId, number, invocationId)))
    throw finishClaimedError(number);
  try {
    return await finish();
  } catch (error) {
    if (isTransferError(error) && !errorMeans(error, 'finishMayCount'))
      await store.releaseFinish(transferId, number);
    throw error;
  }
}
