from paddock._programs import paddock

paddock()
