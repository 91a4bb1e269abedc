/** In place of @aws-sdk/middleware-endpoint-discovery, which DynamoDB offers and nobody switches on. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => false,
  configFileSelector: () => false,
  default: false,
};
export const resolveEndpointDiscoveryConfig = (config) => config;
