export function regionalEndpoint(
  service: string,
  params: {
    readonly Region?: string;
    readonly Endpoint?: string;
    readonly UseFIPS?: boolean;
    readonly UseDualStack?: boolean;
  },
  partition: (region: string) => {
    readonly name: string;
    readonly dnsSuffix: string;
    readonly dualStackDnsSuffix: string;
  },
): { url: URL; properties: object; headers: object };
