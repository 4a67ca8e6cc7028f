import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** AWS files of a user with an expired SSO session and a default profile that breaks local calls. */
const config = `[default]
region = eu-south-2
use_fips_endpoint = true
use_dualstack_endpoint = true
endpoint_url = http://127.0.0.1:9
credential_process = /bin/false

[profile work]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
region = ap-southeast-2
use_fips_endpoint = true

[sso-session corp]
sso_start_url = https://corp.example.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
`;

/**
 * Returns the environment of an ordinary AWS user, which a local run must ignore. The servers of a local
 * run are on this machine, the proxy is not for them.
 * @param folder - folder for the user's AWS files
 * @param endpoint - receives every call that uses the environment
 */
export function hostileEnvironment(folder: string, endpoint: string): Record<string, string> {
  const file = join(folder, 'aws-config');
  writeFileSync(file, config);
  return {
    HTTPS_PROXY: endpoint,
    HTTP_PROXY: endpoint,
    AWS_PROFILE: 'work',
    AWS_ACCESS_KEY_ID: `ASIA${'HOSTILE0'.repeat(2)}`,
    AWS_SECRET_ACCESS_KEY: 'hostile',
    AWS_SESSION_TOKEN: 'expired',
    AWS_REGION: 'eu-south-2',
    AWS_DEFAULT_REGION: 'eu-south-2',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
    AWS_CA_BUNDLE: '/nonexistent/ca.pem',
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_DEFAULTS_MODE: 'no such mode',
    AWS_RETRY_MODE: 'no such mode',
    AWS_MAX_ATTEMPTS: 'no number',
    AWS_ACCOUNT_ID_ENDPOINT_MODE: 'required',
  };
}

/** Runs a command in this environment: `node test/hostile-environment.ts npm test`. */
function main([command = '', ...args]: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  const env = { ...process.env, ...hostileEnvironment(folder, 'http://127.0.0.1:9') };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  child.on('close', (code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exitCode = code ?? 1;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
