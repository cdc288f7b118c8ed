/** Where the host has put the configuration, and where it finds the socket. */
export const defaultDirectory = '/run/caisson'
