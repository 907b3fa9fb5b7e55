#include <histedit.h>
#include <termios.h>
#include <unistd.h>

// Swift cannot call functions with variable arguments: each use of el_set and history that is needed has a name here.

typedef char *(*paddock_prompt)(EditLine *);
// wchar_t is an int wherever this runs.
typedef int (*paddock_getc)(EditLine *, int *);
typedef unsigned char (*paddock_command)(EditLine *, int);

static inline void paddock_el_set_prompt(EditLine *el, paddock_prompt prompt) { el_set(el, EL_PROMPT, prompt); }
static inline void paddock_el_set_getc(EditLine *el, paddock_getc getc) { el_set(el, EL_GETCFN, getc); }
static inline void paddock_el_set_signal(EditLine *el, int on) { el_set(el, EL_SIGNAL, on); }
static inline void paddock_el_set_editor(EditLine *el, const char *name) { el_set(el, EL_EDITOR, name); }
static inline void paddock_el_set_client_data(EditLine *el, void *data) { el_set(el, EL_CLIENTDATA, data); }
static inline void *paddock_el_client_data(EditLine *el) {
    void *data = 0;
    el_get(el, EL_CLIENTDATA, &data);
    return data;
}
static inline void paddock_el_add_command(EditLine *el, const char *name, paddock_command command) {
    el_set(el, EL_ADDFN, name, name, command);
}
static inline void paddock_el_bind(EditLine *el, const char *key, const char *command) {
    el_set(el, EL_BIND, key, command, NULL);
}
// Makes ctrl-C a key like others until libedit sets the terminal's mode again (its own setty does not last).
static inline void paddock_tty_without_interrupt(int terminal) {
    struct termios mode;
    if (tcgetattr(terminal, &mode) != 0 || mode.c_cc[VINTR] == _POSIX_VDISABLE) return;
    mode.c_cc[VINTR] = _POSIX_VDISABLE;
    tcsetattr(terminal, TCSANOW, &mode);
}
static inline void paddock_el_refresh(EditLine *el) { el_set(el, EL_REFRESH); }
static inline void paddock_el_set_history(EditLine *el, History *lines) { el_set(el, EL_HIST, history, lines); }
static inline void paddock_history_limit(History *lines, int size) {
    HistEvent event;
    history(lines, &event, H_SETSIZE, size);
    history(lines, &event, H_SETUNIQUE, 1);
}
static inline void paddock_history_add(History *lines, const char *line) {
    HistEvent event;
    history(lines, &event, H_ENTER, line);
}
