import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ensureAwsAccess } from '#local/ingest/aws-access.ts';

describe('without a Region in the environment and the profile', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, '');
    onTestFinished(() => void vi.unstubAllEnvs());
  });

  it.each([{ table: 'proofs' }, { table: 'proofs', object: 's3://films/a.mp4' }])(
    'rejects a table, since tables are regional (%j)',
    async (use) => {
      await expect(ensureAwsAccess(use)).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: 'No AWS Region is set for the table "proofs". Set AWS_REGION',
      });
    },
  );

  it('uses the default Region of S3 for an object', async () => {
    await ensureAwsAccess({ object: 's3://films/a.mp4' });
    expect(process.env.AWS_REGION).toBe('us-east-1');
  });
});
