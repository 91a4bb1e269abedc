/** In place of asking an EC2 instance where it is: a Lambda's region is in its environment. */
export const getInstanceMetadataRegion = async () => undefined;
