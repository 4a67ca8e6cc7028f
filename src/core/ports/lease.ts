/** A right that one function call holds at a time. It expires, because its holder may crash. */
export interface Lease {
  /**
   * Takes the lease, unless another holder has it. A holder may take it again.
   * @param until - its end, in milliseconds since 1970
   */
  acquire(holder: string, now: number, until: number): Promise<boolean>;
  /** Ends the lease of this holder. */
  release(holder: string): Promise<void>;
}
