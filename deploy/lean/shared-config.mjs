/** In place of reading ~/.aws/config and ~/.aws/credentials, which no Lambda has. */
export const CONFIG_PREFIX_SEPARATOR = '.';
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });
