/** Where a service's API key comes from. The key is used in requests only, never logged or kept. */
export interface ApiKeySource {
  /**
   * The key, possibly from a short-lived cache.
   * @throws ConfigurationError - there is none, or it may not be read
   * @throws ServiceUnavailableError - it can't be read now; retryable
   */
  get(): Promise<string>;
  /** The key read anew: for when the service refused the one in hand, which may have been rotated. */
  refresh(): Promise<string>;
}
