"""A shopping cart in the session, in Django.

This file is a whole project. Run it with: python3 cart.py runserver
"""
import sys
from decimal import Decimal

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

# The templates, which a larger project keeps as files.
PAGES = {
    "cart.html": """
        <p role="alert">{{ error }}</p>
        {% for id, line in cart.items %}
            <form method="post" action="/cart/update/{{ id }}/">{% csrf_token %}
                {{ line.name }}, {{ line.price }} each
                <input name="quantity" value="{{ line.quantity }}">
                <button>Update</button>
                <button formaction="/cart/remove/{{ id }}/">Remove</button>
            </form>
        {% endfor %}
        <p>Total: {{ total }}</p>
        {% for id, product in products.items %}
            <form method="post" action="/cart/add/{{ id }}/">{% csrf_token %}
                <button>Add {{ product.name }}</button>
            </form>
        {% endfor %}
    """,
}

# settings.py
settings.configure(
    DEBUG=True,
    SECRET_KEY="for this example only: a real one is random and kept out of the code",
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", PAGES)]},
    }],
)


# A shop has a model for these.
PRODUCTS = {
    "1": {"name": "Notebook", "price": "12.50"},
    "2": {"name": "Fountain pen", "price": "34.00"},
}
MAX_QUANTITY = 99  # of one product
MAX_PRODUCTS = 30


# views.py
def view_cart(request, error=""):
    cart = request.session.get("cart", {})
    total = sum(Decimal(line["price"]) * line["quantity"] for line in cart.values())
    page = {"cart": cart, "total": total, "products": PRODUCTS, "error": error}
    return render(request, "cart.html", page, status=422 if error else 200)


@require_POST
def add_to_cart(request, product_id):
    if product_id not in PRODUCTS:
        raise Http404
    cart = request.session.get("cart", {})
    line = cart.get(product_id, {**PRODUCTS[product_id], "quantity": 0})
    if line["quantity"] >= MAX_QUANTITY:
        return view_cart(request, f"You have {MAX_QUANTITY} of these already.")
    if product_id not in cart and len(cart) >= MAX_PRODUCTS:
        return view_cart(request, "The cart is full.")
    line["quantity"] += 1
    request.session["cart"] = {**cart, product_id: line}  # two tabs at once: one is lost
    return redirect("/cart/")


@require_POST
def update_cart(request, product_id):
    cart = request.session.get("cart", {})
    if product_id not in cart:
        raise Http404
    quantity = request.POST.get("quantity", "")
    if not quantity.isdecimal() or not 1 <= int(quantity) <= MAX_QUANTITY:
        return view_cart(request, f"Enter a whole number from 1 to {MAX_QUANTITY}.")
    cart[product_id]["quantity"] = int(quantity)
    request.session.modified = True  # a change inside a value is not noticed by itself
    return redirect("/cart/")


@require_POST
def remove_from_cart(request, product_id):
    cart = request.session.get("cart", {})
    if cart.pop(product_id, None) is None:
        raise Http404
    request.session.modified = True
    return redirect("/cart/")


@require_POST
def clear_cart(request):
    request.session.pop("cart", None)
    return redirect("/cart/")


# urls.py
urlpatterns = [
    path("cart/", view_cart),
    path("cart/add/<product_id>/", add_to_cart),
    path("cart/update/<product_id>/", update_cart),
    path("cart/remove/<product_id>/", remove_from_cart),
    path("cart/clear/", clear_cart),
]


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
