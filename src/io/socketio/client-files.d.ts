/** Files of the client that are read as text. */
declare module '*/client-dist/socket.io.js' {
  const text: string
  export default text
}
declare module '*/client-dist/socket.io.min.js' {
  const text: string
  export default text
}
declare module '*/client-dist/socket.io.esm.min.js' {
  const text: string
  export default text
}
