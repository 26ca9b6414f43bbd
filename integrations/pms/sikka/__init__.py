"""Sikka's ONE API: ``client`` is HTTP and its answers, ``mapping`` their rows and ours, ``system`` the common face."""
