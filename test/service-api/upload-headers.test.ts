import { expect, it } from 'vitest';
import { checkUploadHeaders } from '#src/service-api/upload-headers.ts';

const headers = { 'X-Vendor-Token': 'CANARY' };

it('rejects the header for the key of the service that asks for it', () => {
  const service = { name: 'Vendor', keyHeader: 'x-vendor-token' };
  expect(() => checkUploadHeaders(headers, service)).toThrow(
    'Invalid upload_headers from Vendor: "X-Vendor-Token" must not be sent with a chunk.',
  );
});

it('allows the same header at a service whose key has another', () => {
  const service = { name: 'Other', keyHeader: 'x-other-token' };
  expect(checkUploadHeaders(headers, service)).toEqual(headers);
});
