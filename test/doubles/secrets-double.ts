import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** One secret of Secrets Manager in memory, which several clients read and replace. */
export class SecretsDouble {
  text: string;
  version = 1;
  /** Calls that stored a new version. */
  puts = 0;
  /** The next calls of PutSecretValue that fail, with this error. */
  failPuts: { times: number; readonly name: string } = { times: 0, name: '' };

  constructor(text: string) {
    this.text = text;
  }

  /** A client of its own for each function. */
  get client(): SecretsManagerClient {
    return { send: (command: unknown) => this.#send(command) } as SecretsManagerClient;
  }

  async #send(command: unknown): Promise<object> {
    if (command instanceof GetSecretValueCommand)
      return { SecretString: this.text, VersionId: `version-${this.version}` };
    if (!(command instanceof PutSecretValueCommand)) throw new Error('unexpected command');
    if (this.failPuts.times-- > 0)
      throw Object.assign(new Error('planned'), { name: this.failPuts.name });
    const { SecretString = '', ClientRequestToken } = command.input;
    // The same version again is ignored.
    if (ClientRequestToken === `version-${this.version}` && SecretString === this.text) return {};
    this.text = SecretString;
    this.version += 1;
    this.puts += 1;
    return {};
  }
}
