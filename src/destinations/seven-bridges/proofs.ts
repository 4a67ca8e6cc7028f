import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import { etagOf, type StorageReply } from '#src/service-api/chunk-put.ts';

type Headers = Readonly<Record<string, string>>;

/** The longest proof, in characters: DynamoDB rows and reports contain it. */
const maxProofLength = 2_000;

/**
 * Returns the proof of a part. It is the ETag without quotes if the service asks for the ETag alone, which
 * the engine compares with the MD5. Otherwise it is the JSON of the requested headers, which proves nothing
 * about the bytes.
 * @throws ChunkMismatchError - the reply lacks a requested header
 */
export function proofOf(
  stored: StorageReply,
  reportHeaders: readonly string[],
): Pick<ChunkDelivery, 'proof' | 'evidence'> {
  const [first = '', ...others] = reportHeaders;
  if (others.length === 0 && isEtag(first)) return { proof: etagOf(stored), evidence: 'etag' };
  const entries = reportHeaders.map((name) => [name, headerOf(stored, name)] as const);
  const proof = JSON.stringify(Object.fromEntries(entries));
  if (proof.length <= maxProofLength) return { proof, evidence: 'none' };
  throw badProofError(stored, `its headers must have at most ${maxProofLength} characters`);
}

function headerOf(stored: StorageReply, name: string): string {
  if (isEtag(name)) return etagOf(stored);
  const value = stored.reply.headers[name.toLowerCase()];
  if (value) return value;
  throw badProofError(stored, `it must have the header ${name}`);
}

function badProofError({ reply, subject }: StorageReply, flaw: string): TransferError {
  const message = `Invalid reply to ${subject}: ${flaw}.`;
  const { status } = reply;
  return new TransferError('ChunkMismatchError', message, { status, origin: 'storage' });
}

function isEtag(name: string): boolean {
  return name.toLowerCase() === 'etag';
}

/** Returns the headers that a report of this proof contains. */
export function headersOfProof({ proof }: Pick<ChunkProof, 'proof'>): Headers {
  return proof.startsWith('{') ? JSON.parse(proof) : { ETag: proof };
}

/** Returns the report of one part, as every call writes it. */
export function partReport(proof: ChunkProof): Readonly<Record<string, unknown>> {
  return { part_number: proof.index, response: { headers: headersOfProof(proof) } };
}

/** Returns true if the reported headers are those of the proof. Quotes around a value do not count. */
export function isReportedAs(proof: ChunkProof, reported: Headers): boolean {
  const held = new Map(
    Object.entries(reported).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.entries(headersOfProof(proof)).every(
    ([name, value]) => unquoted(held.get(name.toLowerCase())) === unquoted(value),
  );
}

function unquoted(value: string | undefined): string | undefined {
  return value?.replace(/^"(.*)"$/, '$1');
}
