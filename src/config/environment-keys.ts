/** Every key that a function reads from its environment; the infrastructure sets them by these names. */
export const environmentKeys = {
  tableName: 'TABLE_NAME',
  eventBusName: 'EVENT_BUS_NAME',
  destination: 'DESTINATION',
  /** The secret that holds the service's API key; a local run gives the key itself instead. */
  apiKeySecretArn: 'API_KEY_SECRET_ARN',
  apiKey: 'TWELVE_LABS_API_KEY',
  /** Another server than the service's own; includes the version path. */
  baseUrl: 'TWELVELABS_BASE_URL',
  /** Chunks that one call of the send step keeps in flight. */
  chunksInFlight: 'CHUNKS_IN_FLIGHT',
  /** Ranges that one transfer sends at once. */
  mapConcurrency: 'MAP_CONCURRENCY',
  /** The largest video or audio object, in bytes. */
  maxMediaBytes: 'MAX_MEDIA_BYTES',
  /** The largest image, in bytes. */
  maxImageBytes: 'MAX_IMAGE_BYTES',
  /** A chunk that has moved no byte for this long is sent again, in milliseconds. */
  noProgressMs: 'NO_PROGRESS_MS',
} as const;
