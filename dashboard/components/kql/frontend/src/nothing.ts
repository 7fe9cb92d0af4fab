/** Node's file system, which a browser has not. */
export {};
