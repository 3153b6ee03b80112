/** Addresses of load balancers that are not there: of the network of the emulated nodes, beyond them. */

/** On a Service or an Ingress: the host name it gets instead of an address. */
export const HOST_NAME = 'kubemu.dev/load-balancer-hostname'

/** All Ingresses share it, as those of one ingress controller do. */
export const INGRESS_ADDRESS = '172.19.0.1'

/** Of the Services' balancers, counted from 1. */
export function addressOf(number: number): string {
  return `172.19.${1 + Math.floor(number / 256)}.${number % 256}`
}
