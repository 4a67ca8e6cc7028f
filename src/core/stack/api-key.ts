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
}
