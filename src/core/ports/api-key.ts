/** The source of a service's API key. The key is used in requests only, never logged or stored. */
export interface ApiKeySource {
  /**
   * Returns the key, possibly from a short-lived cache.
   * @throws ConfigurationError - the key is missing, or access to it is denied
   * @throws ServiceUnavailableError - the secret store failed; retryable
   */
  get(): Promise<string>;
  /** Reads the key again. Use it after the service rejected the cached key, which may have been rotated. */
  refresh(): Promise<string>;
  /**
   * Replaces the stored text. Only one function at a time does this. If another function has replaced
   * `outdated` meanwhile, returns the stored text. Absent if nothing can be stored.
   * @param renew - receives the stored text, and returns the text to store
   * @throws ServiceUnavailableError - another function has been replacing the text for 10 seconds
   */
  replace?(outdated: string, renew: (stored: string) => Promise<string>): Promise<string>;
  /** Checks the permission to store, and changes nothing. Throws what `replace` would. */
  checkReplace?(): Promise<void>;
}

/** A text that replaces a stored text in this process: stored elsewhere a moment ago, or in memory only. */
export class RenewedKey {
  #renewed: { readonly stored: string; readonly text: string } | undefined;

  /** Returns the text to use in place of a stored text. */
  currentOf(stored: string): string {
    return this.#renewed?.stored === stored ? this.#renewed.text : stored;
  }

  /** @param stored - the stored text that `text` replaces */
  remember(stored: string, text: string): void {
    this.#renewed = { stored, text };
  }
}
