#pragma once
// How often this process has asked the C library for memory since it began: malloc, calloc, realloc and their aligned kin.
unsigned long allocation_count(void);

// callgrind is told to end a count of instructions and to begin the next when it sees a call of one of these (Instructions.swift).
void counted_begins(void);
void counted_ends(void);
