import { type Bill, billOf, dollarsOf, dollarsPerTb } from './bill.ts';
import { transitionsApartFromPolls } from './count-calls.ts';
import type { CountedTransfer } from './counted-transfer.ts';

/** A bill as the results hold it. */
export interface RecordedBill {
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly dollarsPerTb: number;
  /** State transitions of the transfer, poll rounds apart. */
  readonly transitions: number;
  readonly lines: readonly {
    readonly name: string;
    readonly quantity: number;
    readonly dollarsPerTb: number;
  }[];
}

const TB = 1e12;

/** Returns the bill of a transfer with the price of each line. */
export function recordedBill(transfer: CountedTransfer): RecordedBill {
  const bill = billOf(transfer);
  const { sizeBytes, chunkSizeBytes, lines } = bill;
  return {
    transitions: transitionsApartFromPolls(transfer),
    sizeBytes,
    chunkSizeBytes,
    dollarsPerTb: dollarsPerTb(bill),
    lines: lines.map((line) => ({
      name: line.name,
      quantity: line.quantity,
      dollarsPerTb: dollarsOf(line) * (TB / sizeBytes),
    })),
  };
}

/** Returns the id of a bill in the results, such as `4 GiB in 5 MiB chunks`. */
export function billId({ sizeBytes, chunkSizeBytes }: Pick<Bill, 'sizeBytes' | 'chunkSizeBytes'>) {
  const MiB = 1024 * 1024;
  const size = sizeBytes < 1024 * MiB ? `${sizeBytes / MiB} MiB` : `${sizeBytes / 1024 / MiB} GiB`;
  return `${size} in ${chunkSizeBytes / MiB} MiB chunks`;
}
