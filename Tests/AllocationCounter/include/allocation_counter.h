#pragma once
// How often this process has asked the C library for memory since it began: malloc, calloc, realloc and their aligned kin.
unsigned long allocation_count(void);
