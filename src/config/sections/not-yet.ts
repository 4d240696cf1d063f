/** What an operator is told when the file asks for something that this build does not do. */

export const noEtcd = 'etcd is not in this build yet; it starts without'
export const noEtcdBackends = 'backends from etcd are not in this build yet; only those in this file count'
export const noGrpc = 'clustering over gRPC is not in this build yet; it runs as one node'
export const noBroker = 'a NATS broker is not in this build yet; it runs as one node'
export const noEtcdProxies = 'proxies from etcd are not in this build yet; only those in url count'
