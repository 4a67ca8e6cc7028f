/** Any region does; the SDK wants one. */
export const localRegion = 'us-east-1';

/** The one account that s3rver knows; dynalite and the others take any. */
export const localCredentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;
