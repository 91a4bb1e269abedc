/** In place of signatures for all regions (SigV4A), which multi-region access points and global endpoints ask for: Rundrop names none. */
export class AwsSdkSigV4ASigner {
  async sign() {
    throw new Error('Signatures for all regions are not in this bundle.');
  }
}
export const resolveAwsSdkSigV4AConfig = (config) => config;
export const NODE_SIGV4A_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
